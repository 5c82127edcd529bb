import * as React from 'react';

export interface IMenuItem {
  id: string;
  label: string;
  /** Why it is not possible now; empty when it is. */
  whyNot: string;
}

interface IProps {
  label: string;
  groups: ReadonlyArray<ReadonlyArray<IMenuItem>>;
  isDisabled: boolean;
  onChoose: (id: string) => void;
}

/** A button with a menu: arrows to move, Enter to choose, Escape to leave; what is not possible says why. */
export function ActionMenu({ label, groups, isDisabled, onChoose }: IProps): JSX.Element {
  const [isOpen, setOpen] = React.useState(false);
  const [side, setSide] = React.useState<'left' | 'right'>('left');
  const root = React.useRef<HTMLDivElement>(null);
  const button = React.useRef<HTMLButtonElement>(null);
  const items = () => Array.from(root.current?.querySelectorAll<HTMLElement>('[role=menuitem]') ?? []);

  React.useEffect(() => {
    if (!isOpen) {
      return;
    }
    setSide(roomFor(root.current!) ? 'left' : 'right');
    items()[0]?.focus();
    const onPointer = (event: PointerEvent) => {
      if (!root.current?.contains(event.target as Node)) {
        setOpen(false);
      }
    };
    document.addEventListener('pointerdown', onPointer, true);
    return () => document.removeEventListener('pointerdown', onPointer, true);
  }, [isOpen]);

  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  const choose = (item: IMenuItem) => {
    if (!item.whyNot) {
      close();
      onChoose(item.id);
    }
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const all = items();
    const index = all.indexOf(document.activeElement as HTMLElement);
    const targets: Record<string, number> = {
      ArrowDown: (index + 1) % all.length,
      ArrowUp: (index - 1 + all.length) % all.length,
      Home: 0,
      End: all.length - 1
    };
    if (event.key === 'Escape') {
      close();
    } else if (event.key in targets) {
      all[targets[event.key]]?.focus();
    } else if (event.key === 'Tab') {
      setOpen(false);
      return;
    } else {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div ref={root} className="jp-expkit-menu">
      <button
        ref={button}
        className="jp-expkit-button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-disabled={isDisabled}
        onClick={() => !isDisabled && setOpen(!isOpen)}
      >
        {label} <span aria-hidden="true">{'\u25be'}</span>
      </button>
      {isOpen && (
        <div className={`jp-expkit-menu-list jp-expkit-mod-${side}`} role="menu" aria-label={label} onKeyDown={onKeyDown}>
          {groups.map((group, index) => (
            <div key={index} role="group">
              {group.map(item => (
                <button
                  key={item.id}
                  role="menuitem"
                  tabIndex={-1}
                  aria-disabled={item.whyNot !== ''}
                  title={item.whyNot || undefined}
                  onClick={() => choose(item)}
                >
                  {item.label}
                </button>
              ))}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}

/** Whether the list, hanging from the button's left edge, stays inside the page. */
function roomFor(root: HTMLElement): boolean {
  const page = root.closest('.jp-expkit-page') ?? document.body;
  const list = root.querySelector('[role=menu]');
  return root.getBoundingClientRect().left + (list?.clientWidth ?? 0) < page.getBoundingClientRect().right;
}
