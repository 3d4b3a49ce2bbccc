// The example operations the server offers: loaded once, named after their title where they have no name of their own,
// and sorted into those this key's schema can answer and the rest (a plugin that this tenant does not have).

import { buildClientSchema, Kind, parse, validate } from "graphql";

/** What the server offers; none where it cannot be read, for the page works without. */
export async function loadExamples(address) {
  try {
    const response = await fetch(address, { credentials: "omit" });
    const { examples } = await response.json();
    return examples.map(named);
  } catch {
    return [];
  }
}

/** `{ fitting, others }`: the examples that are valid against an introspection answer, and those that are not. */
export function sortBySchema(examples, introspection) {
  if (!introspection?.data) return { fitting: examples, others: [] };
  const schema = buildClientSchema(introspection.data);
  const fits = ({ query }) => {
    const document = parsed(query);
    return document !== null && validate(schema, document).length === 0;
  };
  return { fitting: examples.filter(fits), others: examples.filter((example) => !fits(example)) };
}

/** The examples by who owns them, the core first. */
export function byOwner(examples) {
  const groups = new Map([["core", []]]);
  for (const example of examples) groups.set(example.owner, [...(groups.get(example.owner) ?? []), example]);
  return [...groups].filter(([, members]) => members.length > 0);
}

function named(example) {
  const operation = parsed(example.query)?.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const type = operation?.operation ?? "query";
  if (!operation || operation.name) return { ...example, type, name: operation?.name.value ?? example.title };
  const name = asName(example.title);
  const start = operation.loc.start;
  const rest = example.query.slice(start).replace(/^(query|mutation|subscription)\s*/, "");
  return { ...example, type, name, query: `${example.query.slice(0, start)}${type} ${name} ${rest}` };
}

function asName(title) {
  const words = title.split(/[^a-zA-Z0-9]+/).filter(Boolean);
  const name = words.map((word) => word[0].toUpperCase() + word.slice(1)).join("");
  return /^[A-Z]/.test(name) ? name : `Example${name}`;
}

/** The document, or null where it cannot be parsed: that is for the server to say. */
export function parsed(query) {
  try {
    return parse(query);
  } catch {
    return null;
  }
}
