import { LabIcon } from '@jupyterlab/ui-components';

/** One path that splits into two: A and B. */
export const experimentsIcon = new LabIcon({
  name: 'expkit:experiments',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M3 11h5.2l4.6-5H15V3l6 4-6 4V8h-1.3l-4 4.5 4 4.5H15v-3l6 4-6 4v-3h-2.2l-4.6-5H3z"/>
  </g>
</svg>`
});
