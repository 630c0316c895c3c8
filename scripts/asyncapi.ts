// Prints the AsyncAPI 3 document of the contract: `npm run -s asyncapi > asyncapi.json`.
import { asyncApiDocument } from '#contract/asyncapi.ts';
import product from '../package.json' with { type: 'json' };

process.stdout.write(`${JSON.stringify(asyncApiDocument(product.version), null, 2)}\n`);
