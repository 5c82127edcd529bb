import * as React from 'react';

interface IProps<T extends string> {
  /** What the tabs are about, for those who hear them. */
  label: string;
  tabs: ReadonlyArray<readonly [id: T, label: string]>;
  current: T;
  onChange: (id: T) => void;
  children: React.ReactNode;
}

/** Tabs and the panel of the chosen one: one tab stop, arrows to move, Home and End to jump. */
export function Tabs<T extends string>({ label, tabs, current, onChange, children }: IProps<T>): JSX.Element {
  const id = React.useId();
  const list = React.useRef<HTMLDivElement>(null);

  const onKeyDown = (event: React.KeyboardEvent) => {
    const index = tabs.findIndex(([tab]) => tab === current);
    const next = step(event.key, index, tabs.length);
    if (next !== null) {
      event.preventDefault();
      onChange(tabs[next][0]);
      (list.current?.children[next] as HTMLElement | undefined)?.focus();
    }
  };

  return (
    <section className="jp-expkit-tabs">
      <div ref={list} className="jp-expkit-tablist" role="tablist" aria-label={label} onKeyDown={onKeyDown}>
        {tabs.map(([tab, text]) => (
          <button
            key={tab}
            id={`${id}-${tab}`}
            role="tab"
            aria-selected={tab === current}
            aria-controls={`${id}-panel`}
            tabIndex={tab === current ? 0 : -1}
            onClick={() => onChange(tab)}
          >
            {text}
          </button>
        ))}
      </div>
      <div id={`${id}-panel`} className="jp-expkit-tabpanel" role="tabpanel" aria-labelledby={`${id}-${current}`}>
        {children}
      </div>
    </section>
  );
}

function step(key: string, index: number, length: number): number | null {
  switch (key) {
    case 'ArrowRight':
      return (index + 1) % length;
    case 'ArrowLeft':
      return (index - 1 + length) % length;
    case 'Home':
      return 0;
    case 'End':
      return length - 1;
    default:
      return null;
  }
}
