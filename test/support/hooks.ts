import { pino } from 'pino';
import { installRuntime } from '../../workers/runtime.js';

// Tests make activities and connections fail on purpose: the SDK's own log is shown when it is asked for.
installRuntime(pino({ level: process.env['FAULTLINE_TEST_LOG'] ?? 'silent' }, pino.destination(2)));
