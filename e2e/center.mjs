// The center as the tests in a browser start and stop it.
import { spawn } from "node:child_process";

export const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/** A center over a folder of data, with more flags; nothing runs before `start`. */
export const center = (program, data, address, more = []) => {
  const base = `http://${address}`;
  let server;
  return {
    base,
    /** Starts it and waits until it answers. */
    async start() {
      server = spawn(program, ["--data", data, ...more, "serve", "--no-schedule", "--listen", address], { stdio: "ignore" });
      for (let tries = 0; tries < 600; tries += 1) {
        try {
          if ((await fetch(`${base}/healthz`)).ok) return;
        } catch {
          await pause(100);
        }
      }
      throw new Error("the center does not answer");
    },
    /** Kills it and waits until it is gone. */
    stop: () =>
      new Promise((done) => {
        server.once("exit", done);
        server.kill("SIGKILL");
      }),
    /** Sends it a signal and does not wait. */
    signal: (name) => server?.kill(name),
  };
};
