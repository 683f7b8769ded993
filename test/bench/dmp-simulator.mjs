/** The simulated DMP in a process of its own, so that what it costs is not counted with what is measured. */
import { DmpSimulator } from '../../dist/dmp/simulator/simulator.js';

const simulator = new DmpSimulator({ trusted: JSON.parse(process.argv[2]) });
process.send({ base: await simulator.listen() });
process.on('message', () => process.send({ counts: simulator.counts, cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit(0));
