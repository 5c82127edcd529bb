import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Figure } from '../api/types';
import { loadBokeh } from './bokeh';

interface IProps {
  figure: Figure;
  bokehUrl: string;
  trans: TranslationBundle;
}

/** The shared Bokeh figure; what it shows is in the tables too. */
export function FigureView({ figure, bokehUrl, trans }: IProps): JSX.Element {
  const host = React.useRef<HTMLDivElement>(null);
  const [failure, setFailure] = React.useState('');

  React.useEffect(() => {
    const target = document.createElement('div');
    let clear = () => {};
    let gone = false;
    host.current?.replaceChildren(target);
    loadBokeh(bokehUrl)
      .then(bokeh => (gone ? null : bokeh.embed.embed_item(figure, target)))
      .then(views => {
        clear = () => views?.clear();
        setFailure('');
        if (gone) {
          clear();
        }
      })
      .catch(reason => setFailure(String(reason.message ?? reason)));
    return () => {
      gone = true;
      clear();
    };
  }, [figure, bokehUrl]);

  return (
    <figure className="jp-expkit-figure" aria-label={trans.__('Lift of each metric with its interval')}>
      <div ref={host} />
      {failure && <p className="jp-expkit-faint">{trans.__('The figure cannot be drawn: %1', failure)}</p>}
    </figure>
  );
}
