import { TROUBLE_WORDS } from '../../../analysis/logs/template.js';

/*
 * Regular expressions (RE2, Lucene and LogQL alike, any letter case) by which sources find lines of trouble, which are
 * read apart from ordinary ones. They find too many rather than too few: the analysis reads each line itself.
 */

/** The beginning of a level; syslog severities as numbers. */
export const TROUBLE_LEVEL = '^(fatal|panic|crit|emerg|alert|err|severe|warn|[0-4]$)';

/** Words of trouble in a line, levels that stand in its text among them. */
export const TROUBLE_TEXT = `${TROUBLE_WORDS}|warn|severe|crit`;
