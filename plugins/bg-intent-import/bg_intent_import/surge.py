"""A file being read: row by row the strongest latest score of each company for each term; then a signal for each of them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path

from bg_graph.plugins.errors import Rejected
from bg_graph.plugins.importing import ImportRecord, ImportReject
from bg_graph.plugins.intent import Term
from bg_intent_import.columns import Header, find_header, folded
from bg_intent_import.scores import day_of, probability_of
from bg_intent_import.settings import ImportSettings
from bg_intent_import.tables import Rows, tables_of
from bg_intent_import.topics import NoTerm, Topics, parts_of
from bg_intent_import.topics import Path as TermPath

Company = tuple[str, str]
"""Domain and name, as the file writes them where it names the company first."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a file says of a company and a term."""

    day: date
    probability: float
    line: int


@dataclass(frozen=True, slots=True)
class _Refused(Exception):
    """A row that can't be taken."""

    column: int | None
    code: str
    value: str
    reason: str


class Surge:
    """One file, read in slices. First `read` until it says that the file ends, then `signals`."""

    def __init__(self, path: Path, settings: ImportSettings, terms: Sequence[Term], version: str) -> None:
        self._settings, self._version = settings, version
        self._topics = Topics(settings, terms)
        self._made = settings.period or datetime.fromtimestamp(path.stat().st_mtime, UTC).date()
        self._header, self._rows = self._opened(path)
        self._companies: dict[str, Company] = {}
        self._scores: dict[tuple[str, TermPath], Score] = {}
        self._skipped: Counter[str] = Counter()
        self._signals: Iterator[ImportRecord] | None = None

    def read(self, rows: int) -> tuple[list[ImportReject], bool]:
        """Take in so many rows; gives those rejected, and whether there may be more."""
        rejected: list[ImportReject] = []
        for number, (line, cells) in enumerate(self._rows, 1):
            if any(cells):
                rejected += self._taken(line, cells)
            if number == rows or len(rejected) >= rows:
                return rejected, True
        return rejected, False

    def taken_skipped(self) -> dict[str, int]:
        """What was left out on purpose since this was last asked, by code."""
        skipped, self._skipped = dict(self._skipped), Counter()
        return skipped

    def signals(self, count: int) -> list[ImportRecord]:
        """The next signals; fewer than asked for at the end."""
        if self._signals is None:
            self._signals = self._all_signals()
        return list(islice(self._signals, count))

    def _taken(self, line: int, cells: Sequence[str]) -> list[ImportReject]:
        """Note what a row says; gives what of it is rejected."""
        rejected: list[ImportReject] = []
        try:
            company, day = self._company(cells), self._day(cells)
        except _Refused as fault:
            return [self._reject(line, fault)]
        for topic, score, column in self._said(cells):
            try:
                self._note(company, topic, score, column, Score(day, 0.0, line))
            except _Refused as fault:
                if fault.code == "TOPIC_NOT_MAPPED" and self._settings.skip_unmapped:
                    self._skipped[fault.code] += 1
                else:
                    rejected.append(self._reject(line, fault))
        return rejected

    def _said(self, cells: Sequence[str]) -> Iterator[tuple[str, str, int | None]]:
        """Each topic of a row, with its score and the column that this stands in."""
        header = self._header
        if not header.is_wide:
            topics, score = header.text(cells, header.topic), header.text(cells, header.score)
            separator = self._settings.separator
            for topic in topics.split(separator) if separator else [topics]:
                yield topic.strip(), score, header.score
            return
        own = {header.domain, header.name, header.date}
        for place, name in enumerate(header.names):
            if place not in own and self._stands_for_a_term(name) and header.text(cells, place):
                yield name, header.text(cells, place), place

    def _note(self, company: str, topic: str, score: str, column: int | None, at: Score) -> None:
        if not topic:
            raise _Refused(self._header.topic, "TOPIC_MISSING", "", "the row names no topic")
        terms = self._topics.of(topic)
        if isinstance(terms, NoTerm):
            raise _Refused(self._header.topic, terms.code, topic, terms.reason)
        probability = probability_of(score, self._settings)
        if probability is None:
            low, high = self._settings.scale[0][0], self._settings.scale[-1][0]
            words = ", ".join(self._settings.words)
            reason = f"a score is a number from {low:g} to {high:g}, or one of the words {words}"
            raise _Refused(column, "SCORE_INVALID", score, reason)
        for term in terms:
            self._keep(company, term, Score(at.day, probability, at.line))

    def _keep(self, company: str, term: TermPath, score: Score) -> None:
        """Of several scores for one term the latest counts, of one day the highest."""
        before = self._scores.get((company, term))
        if before is not None:
            self._skipped["SUPERSEDED"] += 1
        if before is None or (before.day, before.probability) < (score.day, score.probability):
            self._scores[company, term] = score

    def _opened(self, path: Path) -> tuple[Header, Rows]:
        """The first table that has a header, at its first row. Raises Rejected."""
        for rows in tables_of(path, self._settings.sheet):
            header = find_header(rows, self._settings.columns)
            if header is not None and (not header.is_wide or any(map(self._stands_for_a_term, header.names))):
                return header, rows
        reason = "no row among its first has columns for a company and for a topic and its score, or for scores of topics that"
        raise Rejected(
            "HEADER_UNKNOWN", f"{reason} stand for terms; name them under columns and topics in the settings"
        )

    def _stands_for_a_term(self, topic: str) -> bool:
        return bool(topic) and not isinstance(self._topics.of(topic), NoTerm)

    def _company(self, cells: Sequence[str]) -> str:
        domain, name = (self._header.text(cells, place) for place in (self._header.domain, self._header.name))
        key = bare_domain(domain) or folded(name)
        if not key:
            place = self._header.name if self._header.domain is None else self._header.domain
            raise _Refused(place, "COMPANY_MISSING", "", "the row names no company, neither by domain nor by name")
        self._companies.setdefault(key, (domain, name))
        return key

    def _day(self, cells: Sequence[str]) -> date:
        text = self._header.text(cells, self._header.date)
        if not text:
            return self._made
        day = day_of(text, self._settings)
        if day is None:
            reason = "a date is written like 2026-11-20 or 11/20/2026 (day_first in the settings turns these)"
            raise _Refused(self._header.date, "DATE_INVALID", text, reason)
        return day

    def _reject(self, line: int, fault: _Refused) -> ImportReject:
        column = self._header.called(fault.column)
        return ImportReject(code=fault.code, column=column, value=fault.value, reason=fault.reason, line=line)

    def _all_signals(self) -> Iterator[ImportRecord]:
        """Of each company its terms, and what these belong to: never less likely than its strongest part."""
        by_company: dict[str, dict[TermPath, Score]] = {}
        for (company, term), score in self._scores.items():
            by_company.setdefault(company, {})[term] = score
        self._scores.clear()
        for company, scores in by_company.items():
            for term, score in _with_wholes(scores).items():
                yield self._record(self._companies[company], term, score)

    def _record(self, company: Company, term: TermPath, score: Score) -> ImportRecord:
        domain, name = company
        values = {
            "SubjectType": "ACCOUNT",
            "AccountDomain": domain,
            "AccountName": name,
            **parts_of(term),
            "Probability": f"{score.probability:.6f}",
            "ComputedAt": score.day.isoformat(),
            "Model": self._settings.vendor,
            "ModelVersion": self._version,
        }
        return ImportRecord(values=values, line=score.line)


def bare_domain(text: str) -> str:
    """A domain or web address without what surrounds the domain: so that one company of a file is one."""
    host = text.strip().lower().partition("://")[2] or text.strip().lower()
    for mark in "/?#":
        host = host.partition(mark)[0]
    return host.removeprefix("www.").rstrip(".")


def _with_wholes(scores: Mapping[TermPath, Score]) -> Mapping[TermPath, Score]:
    found: dict[TermPath, Score] = {}
    for term, score in scores.items():
        for length in range(1, len(term) + 1):
            whole = term[:length]
            if whole not in found or found[whole].probability < score.probability:
                found[whole] = score
    return found
