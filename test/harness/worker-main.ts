// `src/main.ts` for a worker of tests.

import './kept-workflows';
import '../../src/main';
