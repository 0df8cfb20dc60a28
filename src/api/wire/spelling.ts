// ProtoJSON takes a field by its original name too, `page_size` for `pageSize`, and so do the SDK's codecs:
// what is checked here is to be what they read there.

type Fields = Readonly<Record<string, unknown>>;

/** The parameters of a 1.0 request, in camelCase; what is in `metadata` and in `data` keeps its names. */
export function inCamelCase(params: unknown): unknown {
  if (!isObject(params)) return params;
  const fields = renamed(params);
  const { message, configuration } = fields;
  return {
    ...fields,
    ...(isObject(message) ? { message: messageInCamelCase(message) } : {}),
    ...(isObject(configuration) ? { configuration: renamed(configuration) } : {}),
  };
}

function messageInCamelCase(message: Fields): Fields {
  const fields = renamed(message);
  const parts: unknown = fields['parts'];
  if (!Array.isArray(parts)) return fields;
  const mended = parts.map((part: unknown) => (isObject(part) ? renamed(part) : part));
  return { ...fields, parts: mended };
}

/** One level, `snake_case` to `camelCase`; a field that is there in both keeps the latter. */
export function renamed(fields: Fields): Fields {
  const misspelt = Object.keys(fields).filter((name) => name.includes('_'));
  if (misspelt.length === 0) return fields;
  const given = new Map(Object.entries(fields));
  for (const name of misspelt) {
    const proper = camelCased(name);
    if (proper === name) continue;
    if (!given.has(proper)) given.set(proper, given.get(name));
    given.delete(name);
  }
  return Object.fromEntries(given);
}

function camelCased(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
