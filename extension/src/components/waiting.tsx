import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Review } from '../api/types';
import { when } from '../models/times';

interface IProps {
  reviews: ReadonlyArray<Review>;
  trans: TranslationBundle;
  onOpen: (key: string) => void;
}

/** The reviews that wait for whoever is looking. */
export function Waiting({ reviews, trans, onOpen }: IProps): JSX.Element | null {
  if (reviews.length === 0) {
    return null;
  }
  return (
    <section className="jp-expkit-waiting" aria-label={trans.__('Your review is asked for')}>
      <h3>{trans.__('Your review is asked for')}</h3>
      <ul>
        {reviews.map(review => (
          <li key={review.id}>
            <button className="jp-expkit-link" onClick={() => onOpen(review.experiment)}>
              {review.experiment}
            </button>{' '}
            <span className="jp-expkit-faint">{asked(review, trans)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function asked(review: Review, trans: TranslationBundle): string {
  return review.deadline
    ? trans.__('%1 asks, by %2', review.requested_by, when(review.deadline))
    : trans.__('%1 asks', review.requested_by);
}
