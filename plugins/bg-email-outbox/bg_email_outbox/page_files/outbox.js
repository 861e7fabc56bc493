// The outbox: asks for the messages of the caller's tenant, and shows one at a time. No message can do anything: its HTML
// stands in a sandboxed frame, which loads nothing and runs nothing.

const STORED_TOKEN = "bg-graph:token";
const GRAPHIQL_TABS = "graphiql:tabState";
// The page's own policy holds in the frame too; this one is stricter: not even our own files. A link would open a window,
// which the sandbox forbids: a click on it does nothing.
const FRAME_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
const FRAME_HEAD = `<!doctype html><meta http-equiv="Content-Security-Policy" content="${FRAME_POLICY}"><base target="_blank">`;

const by = (id) => document.getElementById(id);
const list = by("messages");
const candidates = [tokenFromAddress(), tokenStored(), tokenOfGraphiQL()].filter(Boolean);
let authorization = candidates.shift();
let next = null;
let shown = null;

/** The token named in the address (#token=...), which is removed from there and kept for this browser tab. */
function tokenFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return keep(token);
}

function tokenStored() {
  const token = sessionStorage.getItem(STORED_TOKEN);
  return token && `Bearer ${token}`;
}

/** The token that GraphiQL at the root of this server was given in this browser tab. */
function tokenOfGraphiQL() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(sessionStorage.getItem(GRAPHIQL_TABS));
    const headers = Object.entries(JSON.parse(tabs[activeTabIndex].headers));
    return headers.find(([name]) => name.toLowerCase() === "authorization")?.[1] ?? null;
  } catch {
    return null;
  }
}

function keep(token) {
  sessionStorage.setItem(STORED_TOKEN, token);
  return `Bearer ${token}`;
}

async function ask(path) {
  const answer = await fetch(path, { headers: authorization ? { Authorization: authorization } : {} });
  if (answer.ok) return answer;
  if (answer.status === 401 && candidates.length) {
    sessionStorage.removeItem(STORED_TOKEN); // no longer good: GraphiQL may have a newer one
    authorization = candidates.shift();
    return ask(path);
  }
  const body = await answer.json().catch(() => ({}));
  const message = body.errors?.[0]?.message ?? `The server answered ${answer.status}.`;
  throw Object.assign(new Error(message), { status: answer.status });
}

/** Run a step; what goes wrong is said on the page, and a missing token asked for. */
async function attempt(step) {
  by("problem").hidden = true;
  try {
    await step();
  } catch (problem) {
    const unknown = problem.status === 401;
    by("token-form").hidden = !unknown;
    if (unknown) document.querySelector("main").hidden = true;
    if (unknown && !authorization) return;
    by("problem").textContent = problem.status ? problem.message : "The server can't be reached. Is it running?";
    by("problem").hidden = false;
  }
}

async function load(before) {
  const answer = await ask(before ? `messages?before=${before}` : "messages");
  const page = await answer.json();
  const lines = page.messages.map(line);
  if (before) list.append(...lines);
  else list.replaceChildren(...lines);
  next = page.next;
  by("older").hidden = !next;
  by("empty").hidden = list.children.length > 0;
  by("token-form").hidden = true;
  document.querySelector("main").hidden = false;
  if (!shown && page.messages.length) await show(page.messages[0].key);
}

function line(message) {
  const item = document.createElement("li");
  const button = document.createElement("button");
  button.type = "button";
  button.dataset.key = message.key;
  button.setAttribute("aria-current", String(message.key === shown));
  const at = message.at ? new Date(message.at).toLocaleString() : "";
  button.append(part("subject", message.subject || "(no subject)"), part("to", message.to), part("at", at));
  button.addEventListener("click", () => attempt(() => show(message.key)));
  item.append(button);
  return item;
}

function part(name, text) {
  const span = document.createElement("span");
  span.className = name;
  span.textContent = text;
  return span;
}

async function show(key) {
  const message = await (await ask(`messages/${key}`)).json();
  shown = key;
  for (const button of list.querySelectorAll("button")) {
    button.setAttribute("aria-current", String(button.dataset.key === key));
  }
  by("subject").textContent = message.subject || "(no subject)";
  by("fields").replaceChildren(
    ...message.fields.flatMap(({ name, value }) => [
      cell("dt", name),
      name === "List-Unsubscribe" ? linked(value) : cell("dd", value),
    ]),
  );
  by("plain").textContent = message.plain;
  by("html").srcdoc = FRAME_HEAD + (message.html ?? "");
  by("show-html").hidden = message.html === null;
  view(message.html === null ? "plain" : "html");
  by("message").hidden = false;
}

function cell(kind, text) {
  const element = document.createElement(kind);
  element.textContent = text;
  return element;
}

/** The field's address as a link, so that unsubscribing can be tried. */
function linked(value) {
  const [, address] = value.match(/^<(https?:\/\/[^>\s]+)>$/) ?? [];
  if (!address) return cell("dd", value);
  const link = cell("a", address);
  Object.assign(link, { href: address, target: "_blank", rel: "noreferrer" });
  const field = document.createElement("dd");
  field.append(link);
  return field;
}

function view(which) {
  for (const name of ["html", "plain"]) {
    by(name).hidden = name !== which;
    by(`show-${name}`).setAttribute("aria-pressed", String(name === which));
  }
}

async function download() {
  const content = await (await ask(`messages/${shown}/raw`)).blob();
  const link = document.createElement("a");
  link.href = URL.createObjectURL(content);
  link.download = `${shown}.eml`;
  link.click();
  URL.revokeObjectURL(link.href);
}

by("refresh").addEventListener("click", () => attempt(() => load()));
by("older").addEventListener("click", () => attempt(() => load(next)));
by("show-html").addEventListener("click", () => view("html"));
by("show-plain").addEventListener("click", () => view("plain"));
by("download").addEventListener("click", () => attempt(download));
by("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const token = by("token").value.trim().replace(/^Bearer\s+/i, "");
  authorization = token ? keep(token) : null;
  attempt(() => load());
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" && authorization) attempt(() => load());
});
attempt(() => load());
