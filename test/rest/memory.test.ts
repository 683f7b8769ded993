import { restSuite } from './suite.js';

restSuite('memory', async () => 'memory:');
