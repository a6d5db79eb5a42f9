"""The CDKTF app of the shop: `cdktf synth` writes `cdktf.out`."""

from shop_stack import ShopStack

from cdktf import App

app = App()
ShopStack(app, "shop")
app.synth()
