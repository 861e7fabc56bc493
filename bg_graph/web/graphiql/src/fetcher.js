// Sends operations to the endpoint beside this page: queries by POST, subscriptions over graphql-transport-ws.
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { Kind, parse } from "graphql";
import { createClient } from "graphql-ws";
import { authorizationOf } from "./authorization.js";

/**
 * A fetcher for GraphiQL. `startHeaders` serve until the headers editor exists: GraphiQL asks for the schema before that.
 */
export function createFetcher(startHeaders) {
  let headers = startHeaders;
  const endpoint = new URL("graphql", document.baseURI);
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";
  const send = createGraphiQLFetcher({
    url: endpoint.href,
    enableIncrementalDelivery: false,
    wsClient: createClient({
      url: socket.href,
      retryAttempts: 0,
      connectionParams: () => {
        const authorization = authorizationOf(headers);
        return authorization ? { authorization } : {};
      },
    }),
  });
  return (operation, options) => {
    headers = options?.headers ?? headers;
    return send(...ownOperation(operation, { ...options, headers }));
  };
}

/**
 * The operation with a name and a document that are its own: for a moment after a change of tab, GraphiQL still gives those
 * of the tab before.
 */
function ownOperation(operation, options) {
  try {
    const documentAST = parse(operation.query);
    const names = documentAST.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((definition) => definition.name?.value);
    const operationName = names.includes(operation.operationName) ? operation.operationName : names[0];
    return [{ ...operation, operationName }, { ...options, documentAST }];
  } catch {
    return [operation, options]; // not yet GraphQL: the server says where
  }
}
