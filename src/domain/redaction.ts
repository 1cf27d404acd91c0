const secrets: readonly [pattern: RegExp, replacement: string][] = [
  // user:password@ of any address, such as a connection string
  [/\b([a-z][a-z0-9+.-]{1,30}):\/\/[^\s/@"'<>]*@[^\s"'<>]*/gi, "$1://[redacted]"],
  [/\bturash_[A-Za-z0-9_]+/g, "[redacted key]"],
  [/\bwhsec_[A-Za-z0-9+/_=-]+/g, "[redacted secret]"],
  // a JWT, signed or not; also cut short
  [/\beyJ[\w-]{5,}(?:\.[\w-]*){0,4}/g, "[redacted token]"],
  [/\b(authorization["']?\s*[=:]\s*["']?(?:Bearer|Basic|Digest)?)(?:\s+|%20|\+)?[^\s"',;]+/gi, "$1 [redacted]"],
  // Beside a word of plain language, a credential has digits or signs.
  [/\b(Bearer|Basic|Digest)(?:\s+|%20|\+)(?=[^\s"',;]*[\d=_.])[^\s"',;]+/gi, "$1 [redacted]"],
  [/(password|passwd|secret|pepper|api[_-]?key|access[_-]?token)(["']?\s*[=:]\s*["']?)[^\s"',;&]+/gi, "$1$2[redacted]"],
];

/** The same text without what looks like a credential: a key, a token, an Authorization value, or an address with a password. */
export function redact(text: string): string {
  return secrets.reduce((rest, [pattern, replacement]) => rest.replace(pattern, replacement), text);
}

/** Whether a text has nothing in it that looks like a credential. */
export function isHarmless(text: string): boolean {
  return redact(text) === text;
}
