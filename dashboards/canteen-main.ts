// Starts the page of one canteen in the browser: `/canteens/<id>`.
import { mount } from 'svelte';
import CanteenPage from './canteen/canteen-page.svelte';
import { openPage } from './open-page.ts';

const { target, props } = openPage();
const id = decodeURIComponent(location.pathname.split('/').at(-1) ?? '');
mount(CanteenPage, { target, props: { ...props, id } });
