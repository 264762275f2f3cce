/** Starts the console. */
import { mount } from "svelte";
import App from "./App.svelte";
import "./parts/look.css";

const target = document.getElementById("app");
if (target) mount(App, { target });
