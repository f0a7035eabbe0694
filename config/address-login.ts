/** A login. */
export interface Login {
  username: string;
  password: string;
}

/**
 * The login in an address (`https://user:password@host`), decoded where it is percent-encoded: a `%` that begins no
 * such code stands for itself. Null when there is none.
 */
export function loginOf(address: URL): Login | null {
  const login = { username: decoded(address.username), password: decoded(address.password) };
  return login.username === '' && login.password === '' ? null : login;
}

function decoded(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (codes) => {
    try {
      return decodeURIComponent(codes);
    } catch {
      return codes;
    }
  });
}
