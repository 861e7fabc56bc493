// The caller's token: it comes in the address (#token=...) or in the headers editor, and leaves the address at once.

/** The header text for a token named in the address, which is removed from there; null when none is. */
export function takeHeadersFromAddress() {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!token) return null;
  history.replaceState(null, "", location.pathname + location.search);
  return headersText(`Bearer ${token}`);
}

/** What stands in the headers editor for this value of Authorization. */
export function headersText(authorization) {
  return JSON.stringify({ Authorization: authorization }, null, 2);
}

/** The value of Authorization among headers, whatever the case of its name; null without one. */
export function authorizationOf(headers) {
  const entry = Object.entries(headers ?? {}).find(([name]) => name.toLowerCase() === "authorization");
  return typeof entry?.[1] === "string" && entry[1].trim() ? entry[1].trim() : null;
}

/** The headers that a text of the headers editor holds; none while it is not yet JSON. */
export function parseHeaders(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
