// A provider of identities for tests, on loopback: `node provider.mjs BACK`. Prints its issuer. Whoever
// signs in is the subject typed as login. A line on its input makes it sign with a new key and forget the
// old one; it prints `rotated`.
import { generateKeyPairSync } from 'node:crypto';
import http from 'node:http';
import readline from 'node:readline';
import { Provider } from 'oidc-provider';

const back = process.argv[2];
const server = http.createServer();

function serve(issuer, kid) {
  const client = (id) => ({ client_id: id, client_secret: `rahasia-${id}`, redirect_uris: [back] });
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const provider = new Provider(issuer, {
    clients: [client('pendopo'), client('lain')],
    cookies: { keys: ['for tests alone'] },
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid, use: 'sig', alg: 'RS256' }] },
    claims: { openid: ['sub'], email: ['email', 'email_verified'] },
    // A challenge is not asked for, so that the tests find out whether the center sends one.
    pkce: { required: () => false },
    findAccount: (_, id) => ({
      accountId: id,
      claims: async () => ({ sub: id, email: 'pengelola@contoh.go.id', email_verified: true }),
    }),
  });
  server.removeAllListeners('request');
  server.on('request', provider.callback());
}

server.listen(0, '127.0.0.1', () => {
  const issuer = `http://127.0.0.1:${server.address().port}`;
  let keys = 1;
  serve(issuer, `kunci-${keys}`);
  console.log(issuer);
  const lines = readline.createInterface({ input: process.stdin });
  lines.on('line', () => {
    keys += 1;
    serve(issuer, `kunci-${keys}`);
    console.log('rotated');
  });
  // Ends with the test that started it.
  lines.on('close', () => process.exit(0));
});
