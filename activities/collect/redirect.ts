/**
 * Why an answer that redirects is no answer: what is sent, credentials included, goes to the configured address and
 * nowhere else. Names the target without its login and query.
 *
 * @param setting where the address is configured
 */
export function redirectReason(status: number, location: unknown, asked: string, setting: string): string {
  const target =
    typeof location === 'string' && URL.canParse(location, asked) ? new URL(location, asked) : null;
  const to = target ? ` to ${target.origin}${target.pathname}` : '';
  return `${status}: it redirects${to}, and redirects are not followed, for credentials would go with them; set ${setting} to the final address`;
}
