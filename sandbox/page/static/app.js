/** Everything is made and wired here. The address says who sits: `?as=wang`, or two people side by side: `?as=wang,li`; `?in=` names the
 * conversation that is open at first. */
import { Feed } from "./model/feed.js";
import { World } from "./model/world.js";
import { Drive } from "./model/drive.js";
import { Wire } from "./model/wire.js";
import { Seat } from "./model/seat.js";
import { language, setLanguage } from "./words.js";
import "./parts/app-shell.js";

setLanguage(language());

const shell = document.querySelector("app-shell");
const feed = new Feed();
const world = new World(feed);

shell.begin({ feed, world, drive: new Drive(feed), wire: new Wire(feed), newSeat: (userId, wanted) => new Seat(userId, feed, wanted) });
feed.start();
