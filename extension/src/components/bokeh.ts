import { Figure } from '../api/types';

interface IViews {
  clear(): void;
}

interface IBokeh {
  embed: { embed_item(item: Figure, target: HTMLElement): Promise<IViews> };
}

declare global {
  interface Window {
    Bokeh?: IBokeh;
  }
}

let loading: Promise<IBokeh> | null = null;

/** BokehJS from our own server, loaded once and only when a figure wants it. */
export function loadBokeh(url: string): Promise<IBokeh> {
  loading ??= new Promise<IBokeh>((resolve, reject) => {
    const script = document.createElement('script');
    script.src = url;
    script.onload = () => (window.Bokeh ? resolve(window.Bokeh) : reject(new Error(`${url} brought no BokehJS`)));
    script.onerror = () => {
      loading = null; // the next figure tries again
      reject(new Error(`${url} could not be loaded`));
    };
    document.head.appendChild(script);
  });
  return loading;
}
