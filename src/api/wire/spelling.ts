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
  if (!Object.keys(fields).some((name) => name.includes('_'))) return fields;
  const entries = Object.entries(fields);
  const others = entries.filter(([name]) => camelCased(name) !== name);
  const proper = entries.filter(([name]) => camelCased(name) === name);
  return Object.fromEntries([
    ...others.map(([name, value]) => [camelCased(name), value] as const),
    ...proper,
  ]);
}

function camelCased(name: string): string {
  return name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
}

export function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
