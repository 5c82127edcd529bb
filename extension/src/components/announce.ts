let region: HTMLElement | null = null;

/** Say it to those who listen to the screen. */
export function announce(text: string): void {
  if (!region) {
    region = document.createElement('div');
    region.className = 'jp-expkit-aloud';
    region.setAttribute('role', 'status');
    region.setAttribute('aria-live', 'polite');
    document.body.appendChild(region);
  }
  region.textContent = text;
}
