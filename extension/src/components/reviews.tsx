import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Me, Review, Verdict } from '../api/types';
import { isOwn } from '../models/roles';
import { when } from '../models/times';

interface IProps {
  reviews: ReadonlyArray<Review>;
  me: Me;
  canRequest: boolean;
  trans: TranslationBundle;
  onRequest: () => void;
  onAnswer: (id: number, verdict: Verdict) => void;
  onCancel: (id: number) => void;
}

/** Who was asked to look at which version, what they said, and what is still open. */
export function Reviews({ reviews, me, canRequest, trans, onRequest, onAnswer, onCancel }: IProps): JSX.Element {
  return (
    <>
      {reviews.length === 0 && <p className="jp-expkit-faint">{trans.__('No review has been asked for.')}</p>}
      {canRequest && !reviews.some(isWaiting) && (
        <div>
          <button className="jp-expkit-button" onClick={onRequest}>
            {trans.__('Request review')}
          </button>
        </div>
      )}
      <ul className="jp-expkit-cards" aria-label={trans.__('Reviews')}>
        {reviews.map(review => (
          <li key={review.id} className="jp-expkit-card">
            <div className="jp-expkit-card-head">
              <h4>{trans.__('Review of version %1', review.version)}</h4>
              <State review={review} trans={trans} />
            </div>
            <p className="jp-expkit-faint">{asked(review, trans)}</p>
            <ul className="jp-expkit-findings">
              {review.answers.map(answer => (
                <li key={answer.reviewer + answer.at}>
                  <Said verdict={answer.verdict} trans={trans} />
                  <span>
                    <strong>{answer.reviewer}</strong> {answer.comment}{' '}
                    <small className="jp-expkit-faint">{when(answer.at)}</small>
                  </span>
                </li>
              ))}
            </ul>
            {isWaiting(review) && isOwn(review, me) && (
              <p className="jp-expkit-faint">{trans.__('It is your own: somebody else judges it, and you may comment.')}</p>
            )}
            {isWaiting(review) && (
              <div className="jp-expkit-row">
                {!isOwn(review, me) && (
                  <>
                    <button className="jp-expkit-button" onClick={() => onAnswer(review.id, 'approve')}>
                      {trans.__('Approve')}
                    </button>
                    <button className="jp-expkit-button" onClick={() => onAnswer(review.id, 'changes')}>
                      {trans.__('Ask for changes')}
                    </button>
                  </>
                )}
                <button className="jp-expkit-button" onClick={() => onAnswer(review.id, 'comment')}>
                  {trans.__('Comment')}
                </button>
                <button className="jp-expkit-button" onClick={() => onCancel(review.id)}>
                  {trans.__('Cancel the request')}
                </button>
              </div>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}

/** For an answer, or for a version that has what was asked for; one review at a time. */
function isWaiting(review: Review): boolean {
  return review.state === 'open' || review.state === 'changes';
}

function asked(review: Review, trans: TranslationBundle): string {
  const who = trans.__('%1 asks %2', review.requested_by, review.reviewers.join(', '));
  const due = review.deadline && trans.__('by %1', when(review.deadline));
  return [who, when(review.requested_at), due].filter(Boolean).join(' \u00b7 ');
}

function State({ review, trans }: { review: Review; trans: TranslationBundle }): JSX.Element {
  const isLate = review.state === 'open' && review.deadline !== null && Date.parse(review.deadline) < Date.now();
  const label = {
    open: isLate ? trans.__('Overdue') : trans.__('Open'),
    approved: trans.__('Approved'),
    changes: trans.__('Changes asked for'),
    cancelled: trans.__('Cancelled')
  }[review.state];
  const mood = { open: isLate ? 'warn' : 'unknown', approved: 'ok', changes: 'warn', cancelled: 'unknown' }[review.state];
  const sign = { open: isLate ? '!' : '\u2026', approved: '\u2713', changes: '!', cancelled: '\u2013' }[review.state];
  return (
    <span className={`jp-expkit-verdict jp-expkit-mod-${mood}`}>
      <span aria-hidden="true">{sign}</span> {label}
    </span>
  );
}

function Said({ verdict, trans }: { verdict: Verdict; trans: TranslationBundle }): JSX.Element {
  const label = { approve: trans.__('Approved'), changes: trans.__('Changes'), comment: trans.__('Comment') }[verdict];
  const mood = { approve: 'ok', changes: 'warn', comment: 'unknown' }[verdict];
  const sign = { approve: '\u2713', changes: '!', comment: '\u201d' }[verdict];
  return (
    <span className={`jp-expkit-verdict jp-expkit-mod-${mood}`}>
      <span aria-hidden="true">{sign}</span> {label}
    </span>
  );
}
