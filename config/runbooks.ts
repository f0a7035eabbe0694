import { z } from 'zod';
import { filePath } from './primitives.js';

/** Where runbooks are kept that are shown with what they fit. */
export const runbooks = z.strictObject({ folder: filePath.optional() }).prefault({});
