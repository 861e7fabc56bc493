// Two browsers' worth of subscribers to one buying group: each follows it by graphql-ws and by graphql-sse, at the address
// and with the token given. Prints one JSON object a line for whatever each of them is told, until its input ends.
import { createClient as createSocketClient } from "graphql-ws";
import { createClient as createEventClient } from "graphql-sse";

const [url, token, id] = process.argv.slice(2);
const query = `subscription Follow($id: ID!) {
  buyingGroupChanged(id: $id) { memberCount completenessScore members { edges { node { name role { name } } } } }
}`;
const authorization = `Bearer ${token}`;
const pause = () => new Promise((resolve) => setTimeout(resolve, 100));

function say(client, what) {
  console.log(JSON.stringify({ client, ...what }));
}

function sink(client) {
  return {
    next: (result) => say(client, { next: result }),
    error: (error) => say(client, { error: error?.code ?? String(error?.message ?? JSON.stringify(error)) }),
    complete: () => say(client, { complete: true }),
  };
}

for (const browser of ["first", "second"]) {
  const socket = createSocketClient({
    url: url.replace("http", "ws"),
    connectionParams: { authorization },
    retryAttempts: 1000,
    retryWait: pause,
    shouldRetry: (event) => event?.code !== 4403,
    on: { closed: (event) => say(`${browser} graphql-ws`, { closed: event.code }) },
  });
  socket.subscribe({ query, variables: { id } }, sink(`${browser} graphql-ws`));
  const events = createEventClient({ url, headers: { authorization }, retryAttempts: 1000, retry: pause });
  events.subscribe({ query, variables: { id } }, sink(`${browser} graphql-sse`));
}

process.stdin.on("end", () => process.exit(0));
process.stdin.resume();
