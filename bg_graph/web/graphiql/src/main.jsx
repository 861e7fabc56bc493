// The page: GraphiQL with the explorer, a fetcher for the endpoint beside it, and a hint while no valid token is known.
import "./workers.js";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { headersText, parseHeaders, authorizationOf, takeHeadersFromAddress } from "./authorization.js";
import { createFetcher } from "./fetcher.js";
import { forgetTabs, readyTabs, storedTabs } from "./tabs.js";
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "./page.css";

const EXPLORER = explorerPlugin();
const PLUGINS = [EXPLORER, HISTORY_PLUGIN];
const NO_TOKEN = headersText("Bearer ");
const TYPING_PAUSE_MS = 600;

const root = createRoot(document.getElementById("page"));

function Hint({ problem }) {
  if (problem === "unauthorized") {
    return (
      <p role="status" className="hint">
        No valid token: paste a token under <b>Headers</b>, as <code>{'{"Authorization": "Bearer …"}'}</code>. The queries
        then get their variables. <code>bg-graph token create</code> makes one.
      </p>
    );
  }
  return problem ? (
    <p role="status" className="hint">
      The ready queries could not be loaded; is the server running? Reload to try again.
    </p>
  ) : null;
}

function Page({ tabs, active, headers, problem }) {
  return (
    <>
      <Hint problem={problem} />
      <GraphiQL
        fetcher={createFetcher(parseHeaders(headers))}
        storage={sessionStorage}
        shouldPersistHeaders
        showPersistHeadersSettings={false}
        plugins={PLUGINS}
        visiblePlugin={EXPLORER}
        defaultTabs={tabs}
        defaultHeaders={headers}
        initialQuery={active?.query}
        initialVariables={active?.variables}
        initialHeaders={active?.headers ?? headers}
        defaultEditorToolsVisibility={problem === "unauthorized" ? "headers" : "variables"}
        onEditHeaders={problem === "unauthorized" ? tryToken : undefined}
      >
        <GraphiQL.Logo>bg-graph</GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

/** Show the page afresh; a new key lets GraphiQL start anew with these tabs. */
function show(key, { tabs, problem }, headers) {
  const stored = storedTabs();
  const start = stored ?? { tabs: tabs.length ? tabs : undefined, active: tabs[0] };
  root.render(<Page key={key} {...start} headers={headers} problem={problem} />);
}

let typing;

/** While a token is missing: when the edited headers hold one that the server takes, start again with it. */
function tryToken(text) {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    if (!authorizationOf(parseHeaders(text))) return;
    const ready = await readyTabs(text);
    if (ready.problem) return;
    forgetTabs();
    show("with-token", ready, text);
  }, TYPING_PAUSE_MS);
}

const given = takeHeadersFromAddress();
if (given) forgetTabs();
const headers = given ?? storedTabs()?.active.headers ?? NO_TOKEN;
show("start", await readyTabs(headers), headers);
