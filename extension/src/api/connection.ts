import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import { Problem } from './problem';

type Query = Record<string, string | number | undefined>;

/** Requests to `<base_url>/expkit/` through Jupyter's own connection: sign-in, XSRF token, base URL. */
export class Connection {
  constructor(private readonly settings = ServerConnection.makeSettings()) {}

  get<T>(path: string): Promise<T> {
    return this.ask<T>('GET', path);
  }

  /** The answer; null when there is no such thing. */
  async find<T>(path: string): Promise<T | null> {
    try {
      return await this.get<T>(path);
    } catch (reason) {
      if (reason instanceof Problem && reason.status === 404 && !reason.isMissingServerSide) {
        return null;
      }
      throw reason;
    }
  }

  post<T>(path: string, body: object = {}): Promise<T> {
    return this.ask<T>('POST', path, body);
  }

  patch<T>(path: string, body: object): Promise<T> {
    return this.ask<T>('PATCH', path, body);
  }

  delete<T = void>(path: string): Promise<T> {
    return this.ask<T>('DELETE', path);
  }

  /** The full address of a path below `<base_url>/expkit/`. */
  url(path: string): string {
    return URLExt.join(this.settings.baseUrl, 'expkit', path);
  }

  private async ask<T>(method: string, path: string, body?: object): Promise<T> {
    const headers = { Accept: 'application/json', 'Content-Type': 'application/json' };
    const init = { method, headers, body: body && JSON.stringify(body) };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this.url(path), init, this.settings);
    } catch (reason) {
      throw Problem.of(reason);
    }
    if (!response.ok) {
      throw await Problem.from(response);
    }
    return (response.status === 204 ? undefined : await response.json()) as T;
  }
}

/** A path; each part is escaped. */
export function route(...parts: Array<string | number>): string {
  return parts.map(part => encodeURIComponent(part)).join('/');
}

/** `?name=value`, without what is not given. */
export function query(values: Query): string {
  const given = Object.entries(values).filter(([, value]) => value !== undefined && value !== '');
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : '';
}
