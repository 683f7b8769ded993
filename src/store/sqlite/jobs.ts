/** Jobs in a table of their own. docs/adr/0031-a-queue-of-jobs-beside-the-records.md */
import type { Job, JobSteps, Jobs, NewJob } from '../jobs.js';
import type { Connection, Value } from './connection.js';

interface Row {
  jid: number;
  queue: string;
  id: string;
  lane: string;
  chain: string;
  place: number;
  state: string;
  keys: string;
  due: number | null;
  fence: number;
  body: string;
  contents: string;
}

const jobOf = ({ queue, id, lane, chain, place, state, keys, due, fence, body, contents }: Row): Job => ({
  queue,
  id,
  lane,
  chain,
  place,
  state,
  keys: JSON.parse(keys) as string[],
  due,
  fence,
  body,
  contents: JSON.parse(contents) as string[],
});

function find(connection: Connection, queue: string, id: string): Row | undefined {
  return connection.get<Row>('SELECT * FROM job WHERE queue = ? AND id = ?', queue, id);
}

function writeKeys(writer: Connection, jid: number, { queue, keys }: NewJob): void {
  for (const key of new Set(keys)) {
    writer.run('INSERT INTO job_key (queue, key, jid) VALUES (?, ?, ?)', queue, key, jid);
  }
}

function writeContents(writer: Connection, jid: number, { contents }: NewJob): void {
  for (const address of new Set(contents)) {
    writer.run('INSERT INTO job_content (jid, address) VALUES (?, ?)', jid, address);
  }
}

function add(writer: Connection, job: NewJob): void {
  const { queue, id, lane, chain, place, state, keys, due, body } = job;
  const { changes, lastInsertRowid } = writer.run(
    'INSERT INTO job (queue, id, lane, chain, place, state, keys, due, fence, body, contents) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1, ?, ?) ON CONFLICT (queue, id) DO NOTHING',
    queue,
    id,
    lane,
    chain,
    place,
    state,
    JSON.stringify(keys),
    due,
    body,
    JSON.stringify(job.contents),
  );
  if (changes === 0) throw new Error(`there is a job ${id} in the queue ${queue}`);
  writeKeys(writer, Number(lastInsertRowid), job);
  writeContents(writer, Number(lastInsertRowid), job);
}

function save(writer: Connection, job: Job): boolean {
  const { queue, id, place, state, due, fence, body } = job;
  const row = find(writer, queue, id);
  if (row === undefined || row.fence !== fence) return false;
  const keys = JSON.stringify(job.keys);
  const contents = JSON.stringify(job.contents);
  writer.run(
    'UPDATE job SET place = ?, state = ?, keys = ?, due = ?, fence = fence + 1, body = ?, contents = ? WHERE jid = ?',
    place,
    state,
    keys,
    due,
    body,
    contents,
    row.jid,
  );
  if (keys !== row.keys) {
    writer.run('DELETE FROM job_key WHERE jid = ?', row.jid);
    writeKeys(writer, row.jid, job);
  }
  if (contents !== row.contents) {
    writer.run('DELETE FROM job_content WHERE jid = ?', row.jid);
    writeContents(writer, row.jid, job);
  }
  return true;
}

function remove(writer: Connection, { queue, id, fence }: Job): boolean {
  const row = find(writer, queue, id);
  if (row === undefined || row.fence !== fence) return false;
  writer.run('DELETE FROM job_key WHERE jid = ?', row.jid);
  writer.run('DELETE FROM job_content WHERE jid = ?', row.jid);
  writer.run('DELETE FROM job WHERE jid = ?', row.jid);
  return true;
}

type Write = <T>(work: () => T) => Promise<T>;
type Read = <T>(work: (connection: Connection) => T) => Promise<T>;

/** `write` runs work in a transaction, `outside` asks the reader, who sees what is committed; in a transaction both are it. */
export function jobStepsOf(writer: Connection, write: Write, outside: Read): JobSteps {
  return {
    add: (job) => write(() => add(writer, job)),
    get: (queue, id) =>
      outside((connection) => {
        const row = find(connection, queue, id);
        return row === undefined ? undefined : jobOf(row);
      }),
    chain: (queue, chain) =>
      outside((connection) =>
        connection
          .all<Row>('SELECT * FROM job WHERE queue = ? AND chain = ? ORDER BY place, jid', queue, chain)
          .map(jobOf),
      ),
    find: (queue, key, count) =>
      outside((connection) =>
        connection
          .all<Row>(
            'SELECT job.* FROM job_key JOIN job USING (jid) WHERE job_key.queue = ? AND key = ? ORDER BY jid DESC LIMIT ?',
            queue,
            key,
            count,
          )
          .map(jobOf),
      ),
    save: (job) => write(() => save(writer, job)),
    remove: (job) => write(() => remove(writer, job)),
  };
}

export function jobsOf(writer: Connection, write: Write, outside: Read): Jobs {
  return {
    ...jobStepsOf(writer, write, outside),
    lease: (queue, lane, now, until, count) =>
      write(() => {
        const rows = writer.all<Row>(
          'SELECT * FROM job WHERE queue = ? AND lane = ? AND due <= ? ORDER BY due, jid LIMIT ?',
          queue,
          lane,
          now,
          count,
        );
        for (const { jid } of rows) writer.run('UPDATE job SET due = ?, fence = fence + 1 WHERE jid = ?', until, jid);
        return rows.map((row) => jobOf({ ...row, due: until, fence: row.fence + 1 }));
      }),
    renew: ({ queue, id, fence }, until) =>
      write(() => {
        const sql = 'UPDATE job SET due = ? WHERE queue = ? AND id = ? AND fence = ? AND due IS NOT NULL';
        return writer.run(sql, until, queue, id, fence).changes > 0;
      }),
    lanes: (queue, now) =>
      outside((connection) => dueLanes(connection, queue).flatMap(([lane, due]) => (due <= now ? lane : []))),
    nextDue: (queue) =>
      outside((connection) => {
        const all = dueLanes(connection, queue).map(([, due]) => due);
        return all.length === 0 ? undefined : Math.min(...all);
      }),
    counts: (queue) =>
      outside((connection) =>
        connection.all<{ lane: string; state: string; count: number }>(
          'SELECT lane, state, count(*) AS count FROM job WHERE queue = ? GROUP BY lane, state ORDER BY lane, state',
          queue,
        ),
      ),
    contents: () => contents(outside),
    list: (queue, { lane, state }, count, after = '') =>
      outside((connection) => {
        const conditions = ['queue = ?', 'id > ?'];
        const values: Value[] = [queue, after];
        if (lane !== undefined) {
          conditions.push('lane = ?');
          values.push(lane);
        }
        if (state !== undefined) {
          conditions.push('state = ?');
          values.push(state);
        }
        const sql = `SELECT * FROM job WHERE ${conditions.join(' AND ')} ORDER BY id LIMIT ?`;
        return connection.all<Row>(sql, ...values, count).map(jobOf);
      }),
  };
}

const PAGE = 5000;

async function* contents(outside: Read): AsyncGenerator<string> {
  for (let last = { jid: -1, address: '' }; ; ) {
    const page = await outside((connection) =>
      connection.all<typeof last>(
        'SELECT jid, address FROM job_content WHERE (jid, address) > (?, ?) ORDER BY jid, address LIMIT ?',
        last.jid,
        last.address,
        PAGE,
      ),
    );
    for (const { address } of page) yield address;
    const end = page.at(-1);
    if (end === undefined) return;
    last = end;
  }
}

/** Each lane with the moment of its first due job: a step in the index for each, however long the lanes are. */
function dueLanes(connection: Connection, queue: string): [lane: string, due: number][] {
  const found: [string, number][] = [];
  for (let lane: string | undefined = ''; ; ) {
    // A lane without a name comes first.
    const sql: string = `SELECT lane, due FROM job WHERE queue = ? AND lane ${found.length === 0 ? '>=' : '>'} ? AND due IS NOT NULL ORDER BY lane, due LIMIT 1`;
    const row: { lane: string; due: number } | undefined = connection.get(sql, queue, lane);
    if (row === undefined) return found;
    lane = row.lane;
    found.push([row.lane, row.due]);
  }
}
