"""Writes synonyms.json: what WordNet 3.0 calls the words of the vocabulary, by a rule and without choice.

Of each word: the other lemmas of its two most frequent senses as a noun and its most frequent as a verb and as an
adjective; a word of the vocabulary itself is no synonym. Run once: `make_synonyms.py <folder with index.noun ...>`
(Debian's package wordnet-base has it). WordNet 3.0 Copyright 2006 by Princeton University; its licence lets the data be used and passed on.
"""

import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).parent
SENSES = {"noun": 2, "verb": 1, "adj": 1}
WORD = re.compile(r"[a-z]+")


def words() -> set[str]:
    lines = (HERE / "vocabulary.txt").read_text("utf-8").splitlines()
    return {
        word for line in lines if not line.startswith("#") for word in WORD.findall(line.casefold()) if len(word) > 3
    }


def lemmas(folder: Path, part: str, offset: str) -> list[str]:
    with (folder / f"data.{part}").open("rb") as file:
        file.seek(int(offset))
        fields = file.readline().decode().split()
    count = int(fields[3], 16)
    return [fields[4 + 2 * place].split("(")[0].replace("_", " ").casefold() for place in range(count)]


def main(folder: Path) -> None:
    wanted, found = words(), {}
    for part, senses in SENSES.items():
        for line in (folder / f"index.{part}").read_text("utf-8").splitlines():
            lemma, _, rest = line.partition(" ")
            fields = rest.split()
            for word in (lemma, f"{lemma}s", f"{lemma}ing") if line[0] != " " else ():
                if word in wanted:
                    offsets = fields[-int(fields[1]) :][:senses]
                    near = [name for offset in offsets for name in lemmas(folder, part, offset)]
                    found.setdefault(word, []).extend(name for name in near if name != lemma and name not in wanted)
    kept = {word: sorted(set(names)) for word, names in sorted(found.items()) if names}
    (HERE / "synonyms.json").write_text(json.dumps(kept, indent=0, ensure_ascii=False) + "\n", "utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
