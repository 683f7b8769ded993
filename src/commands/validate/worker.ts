/** One of several that validate files at the same time. */
import { parentPort, workerData } from 'node:worker_threads';
import { Checker, type CheckOptions } from './check.js';

const checker = new Checker(workerData as CheckOptions);
parentPort?.on('message', (file: string) => {
  for (const result of checker.file(file)) parentPort?.postMessage(result);
  parentPort?.postMessage(undefined);
});
