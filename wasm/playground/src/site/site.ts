// All that the pages beside the playground run: the theme that was chosen there.

import "../theme.ts";
import "./site.css";
