// Streams a report on a CSV file: node examples/report.mjs [url] [file.csv]
// It needs Node alone. A stream that breaks is resumed after the last event that arrived.

import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';

const [url = 'http://127.0.0.1:4000', file] = process.argv.slice(2);
const csv = file ?? fileURLToPath(new URL('seattle-weather.csv', import.meta.url));

const message = {
  messageId: randomUUID(),
  role: 'ROLE_USER',
  parts: [
    {
      raw: (await readFile(csv)).toString('base64'),
      mediaType: 'text/csv',
      filename: basename(csv),
    },
  ],
};

let taskId;
let lastEventId;
let isOver = false;

/** Yields the JSON of each event, and keeps its id. */
async function* events(response) {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const chunk of response.body) {
    pending += decoder.decode(chunk, { stream: true });
    const blocks = pending.split('\n\n');
    pending = blocks.pop();
    for (const block of blocks) {
      const lines = block.split('\n');
      const field = (name) => lines.find((l) => l.startsWith(`${name}: `))?.slice(name.length + 2);
      const data = field('data');
      if (data === undefined) continue;
      yield JSON.parse(data);
      lastEventId = field('id') ?? lastEventId;
    }
  }
}

function open() {
  const headers = { 'Content-Type': 'application/json', 'A2A-Version': '1.0' };
  if (taskId === undefined) {
    const body = JSON.stringify({ message });
    return fetch(`${url}/message:stream`, { method: 'POST', headers, body });
  }
  return fetch(`${url}/tasks/${taskId}:subscribe`, {
    headers: { ...headers, 'Last-Event-ID': lastEventId },
  });
}

function show({ task, statusUpdate, artifactUpdate }) {
  if (task !== undefined) {
    if (taskId === undefined) console.log(`task ${task.id}`);
    taskId = task.id;
    return;
  }
  if (statusUpdate !== undefined) {
    const { state, message: said } = statusUpdate.status;
    const text = said?.parts.map((part) => part.text ?? '').join(' ') ?? '';
    console.log(`[${state.replace('TASK_STATE_', '').toLowerCase()}] ${text}`.trimEnd());
    isOver = /COMPLETED|FAILED|CANCELED|REJECTED/.test(state);
    return;
  }
  const { artifact, append } = artifactUpdate;
  if (!append) console.log(`--- ${artifact.name} (${artifact.parts.length} parts)`);
  if (artifact.name === 'report.md') process.stdout.write(artifact.parts[0].text ?? '');
}

while (!isOver) {
  try {
    const response = await open();
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    for await (const event of events(response)) show(event);
  } catch (err) {
    if (taskId === undefined) throw err;
    console.error(`(${err.message}; resuming after event ${lastEventId})`);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}
