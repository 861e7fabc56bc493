// The tabs to start with: those of this browser tab's session, else the ready queries that the server knows.
import { authorizationOf, parseHeaders } from "./authorization.js";

const STORED_TABS = "graphiql:tabState";

/** What GraphiQL stored in this session: its tabs and which is active; null on a first visit. */
export function storedTabs() {
  try {
    const { tabs, activeTabIndex } = JSON.parse(sessionStorage.getItem(STORED_TABS));
    return tabs[activeTabIndex] ? { tabs, active: tabs[activeTabIndex] } : null;
  } catch {
    return null;
  }
}

/** Forget the session's tabs and editors, so that the server's tabs show again. */
export function forgetTabs() {
  for (const name of ["tabState", "query", "variables", "headers"]) sessionStorage.removeItem(`graphiql:${name}`);
}

/**
 * Ask the server for its ready queries, as the caller whom the headers name.
 * `problem` is null, or says why the tabs are missing or have no variables.
 */
export async function readyTabs(headers) {
  const authorization = authorizationOf(parseHeaders(headers));
  try {
    const answer = await fetch("explorer/tabs", { headers: authorization ? { Authorization: authorization } : {} });
    const body = await answer.json().catch(() => []);
    const tabs = Array.isArray(body) ? body : [];
    return { tabs: await Promise.all(tabs.map((tab) => written(tab, headers))), problem: problemOf(answer.status) };
  } catch {
    return { tabs: [], problem: "unreachable" };
  }
}

function problemOf(status) {
  if (status === 401) return "unauthorized";
  return status === 200 ? null : "unreachable";
}

async function written({ title, query, variables }, headers) {
  return {
    query: await prettified(`# ${title}\n${query}`),
    variables: Object.keys(variables).length ? JSON.stringify(variables, null, 2) : "",
    headers,
  };
}

async function prettified(query) {
  const [prettier, graphql] = await Promise.all([import("prettier/standalone"), import("prettier/plugins/graphql")]);
  try {
    return await prettier.format(query, { parser: "graphql", plugins: [graphql] });
  } catch {
    return query;
  }
}
