// node-postgres against a server with the table `visits`: node pg_client.js HOST PORT
const assert = require('assert');
const { Client } = require('pg');
const Cursor = require('pg-cursor');

const [host, port] = process.argv.slice(2);

async function main() {
  const client = new Client({
    host, port: Number(port), user: 'ann', database: 'shale', statement_timeout: 5000,
    application_name: 'node test',
  });
  await client.connect();
  let result = await client.query('SHOW statement_timeout');
  assert.strictEqual(result.rows[0].statement_timeout, '5000');

  result = await client.query(
    'SELECT id, paid, at, ok, tags, secs FROM visits WHERE id = $1 AND page = $2', [4, '/p4']);
  assert.strictEqual(result.rowCount, 1);
  assert.strictEqual(result.rows[0].id, '4');
  assert.strictEqual(result.rows[0].paid, '4.00');
  assert.strictEqual(result.rows[0].ok, true);
  assert.strictEqual(result.rows[0].secs, 1);
  assert.deepStrictEqual(result.rows[0].tags, ['a', 'b4']);
  assert.strictEqual(result.rows[0].at.toISOString(), '2024-01-01T00:04:00.000Z');

  for (let i = 1; i < 8; ++i) {
    result = await client.query(
      { name: 'by-id', text: 'SELECT page FROM visits WHERE id = $1', values: [i] });
    assert.strictEqual(result.rows[0].page, `/p${i}`);
  }

  const cursor = client.query(new Cursor('SELECT id FROM visits WHERE id > $1 ORDER BY id', [10]));
  let seen = 0;
  for (;;) {
    const rows = await cursor.read(100);
    if (rows.length === 0) break;
    seen += rows.length;
  }
  assert.strictEqual(seen, 990);
  await cursor.close();

  await assert.rejects(client.query('SELECT nothing'), { code: '42703' });
  await assert.rejects(client.query('SELECT $1::int', ['x']), { code: '22P02' });

  await client.query('CREATE TABLE made (k INTEGER, v JSON)');
  await client.query('BEGIN');
  await client.query('INSERT INTO made VALUES ($1, $2)', [1, { a: [1, 2] }]);
  await client.query('COMMIT');
  result = await client.query('SELECT * FROM made');
  assert.deepStrictEqual(result.rows, [{ k: 1, v: { a: [1, 2] } }]);
  await client.query('DROP TABLE made');
  result = await client.query('SELECT 1 AS a; SELECT 2 AS b');
  assert.deepStrictEqual(result.map((r) => r.rows[0]), [{ a: 1 }, { b: 2 }]);
  await client.end();
  console.log('ok');
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
