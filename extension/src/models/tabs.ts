import { TranslationBundle } from '@jupyterlab/translation';

export type Tab = 'results' | 'design' | 'timeline' | 'versions' | 'notes' | 'reviews';

export const TABS: Tab[] = ['results', 'design', 'timeline', 'versions', 'notes', 'reviews'];

export function tabLabel(tab: Tab, trans: TranslationBundle): string {
  return {
    results: trans.__('Results'),
    design: trans.__('Design'),
    timeline: trans.__('Timeline'),
    versions: trans.__('Versions'),
    notes: trans.__('Notes'),
    reviews: trans.__('Reviews')
  }[tab];
}
