import { ReactWidget } from '@jupyterlab/ui-components';
import { TranslationBundle } from '@jupyterlab/translation';
import * as React from 'react';

import { Elevation, Me } from '../api/types';
import { Loaded } from '../components/loaded';
import { Remote } from '../models/remote';
import { EVERYWHERE, may } from '../models/roles';
import { when } from '../models/times';

interface IRead {
  me: Me;
  requests: Elevation[];
}

interface IOptions {
  read: () => Promise<IRead>;
  trans: TranslationBundle;
  /** Resolves when the answer is given, or thought better of. */
  onAnswer: (id: number, approve: boolean) => Promise<unknown>;
}

/** Who asks for more rights, and what became of it; admins answer here. */
export class ElevationsPanel extends ReactWidget {
  constructor(private readonly options: IOptions) {
    super();
    this.addClass('jp-expkit-page');
    this.node.tabIndex = -1;
    this._requests = new Remote(options.read, () => this.update());
  }

  protected onAfterShow(): void {
    this._requests.renew();
  }

  protected onActivateRequest(): void {
    this.node.focus();
  }

  protected render(): JSX.Element {
    const { trans } = this.options;
    return (
      <article className="jp-expkit-article">
        <header className="jp-expkit-card-head">
          <h2>{trans.__('Elevation requests')}</h2>
          <button className="jp-expkit-button jp-expkit-mod-small" onClick={() => void this._requests.load()}>
            {trans.__('Refresh')}
          </button>
        </header>
        <p className="jp-expkit-faint">
          {trans.__('More rights for a while. An admin answers, nobody their own; what is approved expires by itself.')}
        </p>
        <Loaded from={this._requests} trans={trans}>
          {({ me, requests }) => (
            <>
              {requests.length === 0 && <p className="jp-expkit-faint">{trans.__('Nobody has asked for anything.')}</p>}
              <ul className="jp-expkit-cards" aria-label={trans.__('Requests')}>
                {requests.map(request => this.renderRequest(request, me))}
              </ul>
            </>
          )}
        </Loaded>
      </article>
    );
  }

  private renderRequest(request: Elevation, me: Me): JSX.Element {
    const { trans } = this.options;
    const where = request.project === EVERYWHERE ? trans.__('all projects') : trans.__('project %1', request.project);
    return (
      <li key={request.id} className="jp-expkit-card">
        <div className="jp-expkit-card-head">
          <h4>{trans.__('%1 asks to be %2 in %3', request.actor, request.role, where)}</h4>
          <State request={request} trans={trans} />
        </div>
        <p className="jp-expkit-prose">{request.reason}</p>
        <p className="jp-expkit-faint">
          {trans.__('%1, for %2 hours', when(request.requested_at), request.hours)}
          {request.until && ` \u00b7 ${trans.__('until %1', when(request.until))}`}
          {request.answered_by && ` \u00b7 ${trans.__('answered by %1', request.answered_by)}`}
        </p>
        {request.state === 'pending' && !this.canAnswer(request, me) && (
          <p className="jp-expkit-faint">
            {request.actor === me.name
              ? trans.__('It is your own: an admin other than you answers it.')
              : trans.__('An admin answers it.')}
          </p>
        )}
        {request.state === 'pending' && this.canAnswer(request, me) && (
          <div className="jp-expkit-row">
            <button className="jp-expkit-button" onClick={() => void this.answer(request.id, true)}>
              {trans.__('Approve')}
            </button>
            <button className="jp-expkit-button" onClick={() => void this.answer(request.id, false)}>
              {trans.__('Deny')}
            </button>
          </div>
        )}
      </li>
    );
  }

  /** The service has the last word; this is for what is offered. */
  private canAnswer(request: Elevation, me: Me): boolean {
    return request.actor !== me.name && may(me, 'admin', request.project);
  }

  private async answer(id: number, approve: boolean): Promise<void> {
    await this.options.onAnswer(id, approve);
    await this._requests.load();
    if (document.activeElement === document.body) {
      this.node.focus();
    }
  }

  private _requests: Remote<IRead>;
}

function State({ request, trans }: { request: Elevation; trans: TranslationBundle }): JSX.Element {
  const labels: Record<string, [sign: string, label: string, mood: string]> = {
    pending: ['\u2026', trans.__('Pending'), 'unknown'],
    approved: ['\u2713', trans.__('Approved'), 'ok'],
    denied: ['\u2717', trans.__('Denied'), 'block']
  };
  const [sign, label, mood] = labels[request.state] ?? ['', request.state, 'unknown'];
  return (
    <span className={`jp-expkit-verdict jp-expkit-mod-${mood}`}>
      <span aria-hidden="true">{sign}</span> {label}
    </span>
  );
}
