// Runs the server audits of the npm package graphql-http against the address given, with the token given,
// and prints one JSON object: each audit's name and what it found.
import { serverAudits } from "graphql-http";

const [url, token] = process.argv.slice(2);

function fetchFn(address, init = {}) {
  return fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
}

const audits = serverAudits({ url, fetchFn });
const results = [];
for (const audit of audits) {
  const result = await audit.fn();
  results.push({ id: audit.id, name: audit.name, status: result.status, reason: result.reason ?? null });
}
console.log(JSON.stringify(results));
