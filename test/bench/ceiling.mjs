/** The ceilings: a bare Fastify that sends a stored string, or parses a body and answers. Prints its port. */
import { readFileSync } from 'node:fs';
import Fastify from 'fastify';

const text = readFileSync(process.argv[2], 'utf8');
const app = Fastify({ logger: false });
app.get('/stored', (_request, reply) =>
  reply.header('content-type', 'application/fhir+json; charset=utf-8').send(text),
);
app.addContentTypeParser('application/fhir+json', { parseAs: 'string' }, (_request, body, done) =>
  done(null, JSON.parse(body)),
);
app.post('/parse', (_request, reply) => reply.code(201).send(''));
await app.listen({ port: 0, host: '127.0.0.1' });
console.log(app.server.address().port);
process.once('SIGTERM', () => app.close());
