/** Whether the database can keep a text: no column holds the character zero, nor half a surrogate pair. */
export function isKeepable(text: string): boolean {
  return text.isWellFormed() && !text.includes("\0");
}
