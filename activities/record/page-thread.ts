/** Entry of the thread that draws pages (see page.ts). */
export { pageOf as default } from './draw-page.js';
