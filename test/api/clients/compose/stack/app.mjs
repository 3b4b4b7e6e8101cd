// The application of the stack: counts visits in the database and shows the number.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Pool } from 'pg';

const pool = new Pool({
  host: 'database',
  user: 'postgres',
  password: readFileSync('/run/secrets/password', 'utf8').trim(),
});
// A database that restarts breaks idle connections; the pool makes new ones.
pool.on('error', () => undefined);
await pool.query('CREATE TABLE IF NOT EXISTS visits (at timestamptz DEFAULT now())');

const server = createServer((request, response) => {
  visit().then(
    (count) => response.end(`${process.env.TITLE}: visit ${count}\n`),
    (error) => {
      response.statusCode = 500;
      response.end(`${error.message}\n`);
    },
  );
});
server.listen(3000, () => console.log('listening'));
process.on('SIGTERM', () => process.exit(0));

async function visit() {
  await pool.query('INSERT INTO visits DEFAULT VALUES');
  const { rows } = await pool.query('SELECT count(*) FROM visits');
  return rows[0].count;
}
