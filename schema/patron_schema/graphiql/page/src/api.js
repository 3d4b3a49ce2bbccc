// Everything the page asks of the API: one POST with the key (does the key open the schema?), and the fetcher GraphiQL
// runs operations with, over HTTP and, for subscriptions, graphql-transport-ws. Refusals of the key are reported once.

import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { getIntrospectionQuery, Kind } from "graphql";
import { createClient } from "graphql-ws";
import { parsed } from "./examples.js";

const UNAUTHORIZED = 401;
const REFUSED_SOCKET = 4401; // graphql-transport-ws: Unauthorized
const FINAL_FROM = 4400; // from here on the protocol's close codes say that asking again is of no use

/** What GraphiQL asks of a schema too; asked the same way, so that one answer serves both. */
export const INTROSPECTION = { inputValueDeprecation: true, schemaDescription: true };

/** `{ introspection }` as the API answered it for a key, or `{ refusal, final }`: a sentence, and whether it is about the key. */
export async function openSchema(endpoint, key) {
  let response;
  try {
    response = await post(endpoint, key, { query: getIntrospectionQuery(INTROSPECTION), operationName: "IntrospectionQuery" });
  } catch {
    return { refusal: "Patron did not answer. Is the server running?", final: false };
  }
  if (response.status === UNAUTHORIZED) return { refusal: refusalOf(key), final: true };
  const answer = await response.json().catch(() => ({}));
  return { introspection: answer };
}

/** GraphiQL's fetcher for one key. `first` answers the first introspection, which openSchema has already made. */
export function createFetcher({ addresses, key, first, onRefused }) {
  const refused = () => onRefused(refusalOf(key));
  const socket = createClient({
    url: addresses.subscriptions,
    connectionParams: { authorization: `Bearer ${key}` },
    retryAttempts: 2,
    shouldRetry: (closed) => !(closed?.code >= FINAL_FROM),
    on: { closed: (closed) => closed?.code === REFUSED_SOCKET && refused() },
  });
  const http = createGraphiQLFetcher({
    url: addresses.endpoint,
    wsClient: socket,
    fetch: async (url, { headers, ...rest }) => {
      const response = await fetch(url, { ...rest, ...safely, headers: { ...bearer(key), ...headers } });
      if (response.status === UNAUTHORIZED) refused();
      return response;
    },
  });
  let waiting = first?.data ? first : null;
  const fetcher = (parameters, options) => {
    if (waiting && parameters.operationName === "IntrospectionQuery") {
      const answer = waiting;
      waiting = null;
      return Promise.resolve(answer);
    }
    return http(...inStep(parameters, options));
  };
  return { fetcher, dispose: () => socket.dispose() };
}

/**
 * The parameters with the name and the document of the operation that is sent. GraphiQL learns both a moment after a tab
 * is chosen, so that who runs it at once would send the name of the tab before.
 */
function inStep(parameters, options) {
  const documentAST = parsed(parameters.query);
  const names = (documentAST?.definitions ?? [])
    .filter(({ kind }) => kind === Kind.OPERATION_DEFINITION)
    .map(({ name }) => name?.value);
  const operationName = names.includes(parameters.operationName ?? undefined) ? parameters.operationName : names[0];
  return [{ ...parameters, operationName }, { ...options, documentAST: documentAST ?? undefined }];
}

const safely = { credentials: "omit", cache: "no-store", redirect: "error" };

const bearer = (key) => ({ authorization: `Bearer ${key}` });

const refusalOf = (key) =>
  `Patron refused the key ending in “${key.slice(-4)}”. It may be mistyped, expired or revoked. Enter another one.`;

function post(endpoint, key, body) {
  return fetch(endpoint, {
    ...safely,
    method: "POST",
    headers: {
      ...bearer(key),
      "content-type": "application/json",
      accept: "application/graphql-response+json, application/json;q=0.9",
    },
    body: JSON.stringify(body),
  });
}
