/**
 * Child process: has the Temporal SDK download its own copy of the CLI into the folder given as first argument.
 *
 * It is a process of its own because the SDK fetches the program only by starting a server with it, inside a
 * native runtime that a process can set up just once; the worker in the parent wants that one for itself.
 */
import { TestWorkflowEnvironment } from '@temporalio/testing';

const [downloadDir] = process.argv.slice(2);
if (downloadDir === undefined) throw new Error('expected the folder to download into');

try {
  const environment = await TestWorkflowEnvironment.createLocal({
    server: { executable: { type: 'cached-download', downloadDir }, ip: '127.0.0.1', ui: false },
  });
  await environment.teardown();
} catch (error) {
  // One line for the parent's list of what was tried, instead of a stack trace.
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
