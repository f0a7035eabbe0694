interface Product {
  name: string;
  offer?: { price: number };
}

/** What a customer pays for a product of the new price list. @throws TypeError when it has no offer yet */
export function priceOf({ offer }: Product): number {
  return offer!.price;
}

/** A product as the database has it, from before the new price list. */
export const OLD_PRODUCT: Product = { name: 'lamp' };
