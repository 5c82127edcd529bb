/** How moments are written and read: in the reader's own time zone. */

/** `21 Nov 2026, 14:05` as the browser's language has it; empty for none. */
export function when(at: string | null | undefined): string {
  return at ? new Date(at).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' }) : '';
}

const UNITS: ReadonlyArray<readonly [Intl.RelativeTimeFormatUnit, number]> = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1]
];

/** How long until then, in the largest unit that fits: `in 9 days`, `in 45 seconds`; `now` when it has come. */
export function until(at: string, now: number): string {
  const seconds = Math.max(0, Math.round((Date.parse(at) - now) / 1000));
  const [unit, size] = UNITS.find(([, each]) => seconds >= 2 * each) ?? ['second', 1];
  return new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' }).format(Math.round(seconds / size), unit);
}

/** What a `datetime-local` field holds, as the service reads it: with its offset from UTC. */
export function fromField(value: string): string {
  return new Date(value).toISOString();
}

/** The other way round: a moment as a `datetime-local` field wants it. */
export function toField(at: Date): string {
  const local = new Date(at.getTime() - at.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

/** The next full hour, so many hours from now. */
export function hoursFromNow(hours: number): string {
  const at = new Date(Date.now() + hours * 3_600_000);
  at.setMinutes(0, 0, 0);
  return toField(at);
}

/** The reader's time zone, to stand beside a field: `Europe/Berlin`. */
export function zone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone;
}
