// A real mail server on loopback for the tests of scheduled reports: takes letters with or without TLS and a
// password, and prints each as a line of JSON. `node mail.mjs [certificate.pem key.pem]`; its first line is the port.
// Lines on standard input: `refuse` (every letter with 550 from now on), `accept` (again), `sync`; each is answered by
// `"synced"`.
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { SMTPServer } from 'smtp-server';

const [certificate, key] = process.argv.slice(2);
const secured = certificate ? { cert: readFileSync(certificate), key: readFileSync(key) } : {};
let refuse = false;

const server = new SMTPServer({
  ...secured,
  disabledCommands: certificate ? [] : ["STARTTLS"],
  authOptional: !certificate,
  disableReverseLookup: true,
  logger: false,
  onAuth(auth, session, done) {
    const right = auth.username === "pusat" && auth.password === "rahasia-surat";
    done(right ? null : new Error("wrong password"), right ? { user: auth.username } : undefined);
  },
  onData(stream, session, done) {
    const parts = [];
    stream.on("data", (part) => parts.push(part));
    stream.on("end", () => {
      if (refuse) {
        const error = new Error("mailbox unavailable");
        error.responseCode = 550;
        return done(error);
      }
      console.log(
        JSON.stringify({
          from: session.envelope.mailFrom.address,
          to: session.envelope.rcptTo.map((rcpt) => rcpt.address),
          secure: session.secure,
          user: session.user ?? null,
          data: Buffer.concat(parts).toString("latin1"),
        }),
      );
      done();
    });
  },
});
server.on("error", () => {});
server.listen(0, "127.0.0.1", () => console.log(String(server.server.address().port)));
createInterface({ input: process.stdin })
  .on('line', (line) => {
    if (line !== 'sync') refuse = line === 'refuse';
    // Whatever came before has been printed before.
    console.log('"synced"');
  })
  .on('close', () => process.exit(0));
