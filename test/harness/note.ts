// A figure for the reader of the test run, such as a time that was measured.

export function note(text: string): void {
  process.stdout.write(`    ${text}\n`);
}
